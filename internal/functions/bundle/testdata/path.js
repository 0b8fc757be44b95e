import path, { join, posix } from "node:path";
export default () => {
  const out = [path.sep, path.delimiter, posix.join === join];
  const paths = ["", "/", "//", ".", "..", "./a", "../a", "a", "a/", "a//b", "/a/b/c.txt", "/a/../b", "a/../../b", "a/.", ".bashrc", "a.b.c", "a.", "..a", "...", "/a/b/", "x/.git/", "a/b.tar.gz", "/.x", "a\\b"];
  for (const p of paths) {
    out.push([p, path.normalize(p), path.dirname(p), path.basename(p), path.extname(p), path.isAbsolute(p), path.parse(p), path.format(path.parse(p)), path.basename(p, ".txt"), path.basename(p, "b")]);
    for (const q of ["", "..", "c", "/c", "./d/../e"]) out.push(path.join(p, q), path.resolve("/root", p, q), path.relative(path.resolve("/r", p), path.resolve("/r", q)));
  }
  for (const f of [() => path.join(1), () => path.basename(null), () => path.resolve({})]) try { out.push(f()); } catch (e) { out.push(`${e.name} ${e.code}`); }
  return out;
};
