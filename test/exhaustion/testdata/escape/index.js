// Tells what it could reach that it must not.
export const verifyJwt = false;

const reached = [];

async function fetches() {
  const urls = [
    "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://localhost:22/", "http://127.0.0.1:22/", "http://127.1/",
    "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::a9fe:a9fe]/", "http://0.0.0.0/", "http://10.0.0.1/", "http://192.168.0.1/", "http://172.16.0.1/", "http://100.64.0.1/",
    "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/",
  ];
  for (const url of urls) {
    try {
      await fetch(url);
      reached.push(url);
    } catch {}
  }
}

async function globals() {
  const everything = (() => {}).constructor("return globalThis")();
  for (const name of ["__host", "host", "std", "os", "bjs", "require", "scriptArgs", "__loadScript"]) {
    if (name in everything) reached.push(name);
  }
  for (const fn of [async () => {}, function* () {}, async function* () {}]) {
    if (fn.constructor("return typeof __host")() === "object") reached.push("a constructor");
  }
  for (const name of ["os", "std", "fs", "child_process", "/etc/passwd", "file:///etc/passwd", "data:text/javascript,1"]) {
    try {
      await import(name);
      reached.push("import of " + name);
    } catch {}
  }
  for (const read of [() => Deno.readTextFileSync("/etc/passwd"), () => Deno.run({ cmd: ["id"] }), () => new Deno.Command("id").outputSync(), () => Deno.connect({ port: 22 })]) {
    try {
      await read();
      reached.push(String(read));
    } catch {}
  }
  const env = JSON.stringify(Deno.env.toObject());
  if (env.includes("leaked")) reached.push("the server's environment");
}

export default async () => {
  await fetches();
  await globals();
  return Response.json(reached);
};
