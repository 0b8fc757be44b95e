const tell = (name, run) => {
  try {
    console.log(name, JSON.stringify(run()));
  } catch (error) {
    console.log(name, "throws " + error.name);
  }
};
for (const text of ["", "a", "ä€😀", "\ud800", "a\udc00b", "\ud83d", "\0"]) tell("encode", () => [...new TextEncoder().encode(text)]);
for (const [text, room] of [["a€😀", 0], ["a€😀", 1], ["a€😀", 3], ["a€😀", 4], ["a€😀", 7], ["a€😀", 8], ["a€😀", 20], ["\ud800x", 3], ["\ud800x", 4], ["€€", 5], ["😀", 3], ["a\ud83d", 4], ["ab\ud83d\ude00", 5]]) {
  tell("encodeInto " + room, () => {
    const into = new Uint8Array(room);
    return [new TextEncoder().encodeInto(text, into), [...into]];
  });
}
const broken = [[0x80], [0xc0, 0x80], [0xe2, 0x82], [0xe2, 0x82, 0x41], [0xf0, 0x9f, 0x98], [0xf0, 0x9f, 0x41], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff, 0xfe], [0xef, 0xbb, 0xbf, 0x61], [0xe0, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xc3]];
for (const bytes of broken) {
  tell("decode", () => new TextDecoder().decode(new Uint8Array(bytes)));
  tell("decode fatal", () => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bytes)));
  tell("decode bit by bit", () => {
    const d = new TextDecoder();
    return bytes.map((b) => d.decode(new Uint8Array([b]), { stream: true })).concat(d.decode());
  });
}
tell("ignoreBOM", () => new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])).length);
tell("mark in two parts", () => {
  const d = new TextDecoder();
  return [d.decode(new Uint8Array([0xef, 0xbb]), { stream: true }), d.decode(new Uint8Array([0xbf, 0x61]), { stream: true }), d.decode(new Uint8Array([0xef, 0xbb, 0xbf])), d.decode(new Uint8Array([0xef, 0xbb, 0xbf]))];
});
for (const label of ["utf8", " UTF-8 ", "latin1", "ascii", "utf-16le", "utf-16be", "utf-16", "shift_jis", "euc-jp", "gbk", "big5", "euc-kr", "koi8-r", "windows-1251", "iso-8859-15", "nope", "", "iso-2022-cn", "replacement"] ) {
  tell("label " + label, () => new TextDecoder(label).encoding);
}
for (const [label, bytes] of [["windows-1251", [0xe4, 0x98]], ["windows-1253", [0x81, 0xe1]], ["iso-8859-2", [0xb1]], ["utf-16le", [0x61, 0, 0x3d, 0xd8, 0, 0xde]], ["utf-16le", [0xff, 0xfe, 0x61, 0]], ["utf-16be", [0, 0x61]], ["shift_jis", [0x82, 0xa0]], ["gbk", [0xc4, 0xe3]], ["euc-kr", [0xb0, 0xa1]], ["big5", [0xa4, 0xa4]], ["koi8-u", [0xa4]]]) {
  tell("decode " + label, () => new TextDecoder(label).decode(new Uint8Array(bytes)));
}
tell("shift_jis in two parts", () => {
  const d = new TextDecoder("shift_jis");
  return [d.decode(new Uint8Array([0x82]), { stream: true }), d.decode(new Uint8Array([0xa0]), { stream: true }), d.decode()];
});
tell("decode of text", () => new TextDecoder().decode("x"));
tell("decode of a view", () => new TextDecoder().decode(new DataView(new Uint8Array([97, 98, 99]).buffer, 1, 1)));
for (const text of ["", "a", "\xff\0", "hello", "ā", null]) tell("btoa", () => btoa(text));
for (const text of ["", "YQ==", "YQ", " Y Q = = ", "YQ=", "Y", "YQ===", "ab\ncd", "a=bc", "-_", "YWI=", "YR==", "é", null]) tell("atob " + text, () => atob(text));
