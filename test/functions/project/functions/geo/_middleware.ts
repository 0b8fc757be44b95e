// Runs around this function alone: the answer says that it was here.
export default async (req: Request, next: (req?: Request) => Promise<Response>) => {
  const response = await next();
  response.headers.set("X-Around", `${req.method} ${response.status}`);
  return response;
};
