// The words by which posts are found: lower case, without accents, the same for what is
// written and for what is asked.
import { plain } from "./markdown"

const common = new Set("a an and are as at be but by for from has have in is it its of on or that the their this to was were what with you".split(" "))

export function words(text: string): string[] {
  const folded = text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replaceAll("ß", "ss")
  return (folded.match(/[\p{L}\p{N}]+/gu) ?? []).map(w => w.slice(0, 40))
}

/** What to look for: at most eight words, common ones only where there are no others. */
export function asked(text: string): string[] {
  const all = [...new Set(words(text.slice(0, 200)))].slice(0, 8)
  const telling = all.filter(w => !common.has(w))
  return telling.length > 0 ? telling : all
}

interface Post { title: string; summary: string; body: string; tags: string[] }

/** The weight of each word: 8 in the title, 4 as a tag, 3 in the summary, 1 for each time in the text, up to 5. */
export function weights(post: Post): Map<string, number> {
  const all = new Map<string, number>()
  const add = (list: string[], weight: number, most: number) => {
    const of = new Map<string, number>()
    for (const w of list) of.set(w, Math.min((of.get(w) ?? 0) + weight, most))
    for (const [w, n] of of) all.set(w, (all.get(w) ?? 0) + n)
  }
  add(words(post.title), 8, 8)
  add(post.tags.flatMap(words), 4, 4)
  add(words(post.summary), 3, 3)
  add(words(plain(post.body)), 1, 5)
  return all
}
