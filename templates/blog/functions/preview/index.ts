// What the editor shows beside the text: the same renderer as the page's.
import { markdown } from "../_shared/markdown"

export const rpc = { args: { body: "text" }, returns: "text", volatility: "immutable", role: "authenticated" }

export default ({ body }: { body: string }) => markdown(body.slice(0, 200_000)).text
