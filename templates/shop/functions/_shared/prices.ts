// What things cost. All amounts are whole cents without tax, and there is one rounding:
// half a cent and more is a cent. It is applied to
//   - the discount of a percent coupon, of the whole subtotal,
//   - the tax of each line, and of the shipping.
// A discount is shared out over the lines in proportion to their amounts, so that the
// parts add up to it to the cent: the part of the lines up to one is rounded down, and a
// line gets what its own adds to that.

export interface Item { quantity: number; unit_price: number; tax_rate: number }
export interface Coupon { kind: "percent" | "amount"; value: number }
export interface Delivery { shipping: number; free_from: number | null; tax_rate: number }
export interface Priced { net: number; discount: number; tax: number }
export interface Totals { subtotal: number; discount: number; shipping: number; tax: number; total: number }

/** a * b / c of whole numbers without losing a digit on the way; half is rounded up. */
export const share = (a: number, b: number, c: number): number => Number((2n * BigInt(a) * BigInt(b) + BigInt(c)) / (2n * BigInt(c)))

const part = (a: number, b: number, c: number): number => c === 0 ? 0 : Number(BigInt(a) * BigInt(b) / BigInt(c))

/** Rates are in hundredths of a percent. */
const WHOLE = 10000

export function price(items: Item[], coupon: Coupon | null, delivery: Delivery): { lines: Priced[]; totals: Totals } {
  const nets = items.map(i => i.unit_price * i.quantity)
  const subtotal = nets.reduce((sum, net) => sum + net, 0)
  const discount = coupon === null ? 0
    : coupon.kind === "percent" ? share(subtotal, coupon.value, WHOLE) : Math.min(coupon.value, subtotal)
  let before = 0
  const lines = items.map((item, i) => {
    const from = part(discount, before, subtotal)
    before += nets[i]
    const off = part(discount, before, subtotal) - from
    return { net: nets[i], discount: off, tax: share(nets[i] - off, item.tax_rate, WHOLE) }
  })
  const free = items.length === 0 || (delivery.free_from !== null && subtotal - discount >= delivery.free_from)
  const shipping = free ? 0 : delivery.shipping
  const tax = lines.reduce((sum, l) => sum + l.tax, share(shipping, delivery.tax_rate, WHOLE))
  return { lines, totals: { subtotal, discount, shipping, tax, total: subtotal - discount + shipping + tax } }
}
