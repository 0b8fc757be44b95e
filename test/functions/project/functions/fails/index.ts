// Throws, some calls deep, so that the trace in the log can be looked at.
import { divide } from "../_shared/divide.ts";

export const verifyJwt = false;

interface Unused {
  a: string;
}

export default async (req: Request): Promise<Response> => {
  const by = Number(new URL(req.url).searchParams.get("by"));
  const result: number = divide(1, by);
  return Response.json({ result });
};
