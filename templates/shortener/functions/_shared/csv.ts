// CSV by RFC 4180: quotes around what holds commas, quotes or line ends.
import { Problem } from "./rules.ts"

export function csv(text: string) {
  const lines: { line: number; values: string[] }[] = []
  let values: string[] = [], value = "", quoted = false, line = 1, began = 1
  const end = () => {
    values.push(value.trim())
    if (values.some(v => v !== "")) lines.push({ line: began, values })
    values = []
    value = ""
  }
  for (let i = text.charCodeAt(0) === 0xfeff ? 1 : 0; i < text.length; i++) {
    const c = text[i]
    if (c === "\n") line++
    if (quoted) {
      if (c !== '"') value += c
      else if (text[i + 1] === '"') value += text[++i]
      else quoted = false
    } else if (c === '"' && value === "") quoted = true
    else if (c === ",") {
      values.push(value.trim())
      value = ""
    } else if (c === "\n") {
      end()
      began = line
    } else if (c !== "\r") value += c
  }
  if (quoted) throw new Problem(`The quote that begins in line ${began} has no end.`)
  end()
  const head = (lines.shift()?.values ?? []).map(name => name.toLowerCase())
  return { head, rows: lines }
}
