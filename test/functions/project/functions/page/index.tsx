// A page in JSX, rendered on the server by hono/jsx; the style is a file of its own.
import style from "./style.css" with { type: "text" };

export const verifyJwt = false;

interface Post { title: string; tags: string[] }
const posts: Post[] = [{ title: "Fish & <chips>", tags: ["food"] }, { title: "Plain", tags: [] }];

const Layout = ({ title, children }: { title: string; children?: unknown }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <title>{title}</title>
      <style dangerouslySetInnerHTML={{ __html: style.trim() }} />
    </head>
    <body>{children}</body>
  </html>
);

export default (req: Request) => {
  const name = new URL(req.url).searchParams.get("name") ?? "you";
  const page = (
    <Layout title={`Hello ${name}`}>
      <>
        <h1>Hello {name}</h1>
        <ul>{posts.map((post) => <li class={post.tags.join(" ") || undefined}>{post.title}</li>)}</ul>
      </>
    </Layout>
  );
  return new Response("<!doctype html>" + page, { headers: { "Content-Type": "text/html; charset=utf-8" } });
};
