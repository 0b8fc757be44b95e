export default (req: Request) =>
	Response.json({ message: "Hello " + new URL(req.url).searchParams.get("name") + "!" });
