// Node's tty (nodejs.org/api/tty.html): nothing is a terminal.
const refuse = (what) => { throw new Error(`tty.${what} is not available in functions: there are no terminals`); };

export const isatty = () => false;
export class ReadStream { constructor() { refuse("ReadStream"); } }
export class WriteStream { constructor() { refuse("WriteStream"); } }
export default { isatty, ReadStream, WriteStream };
