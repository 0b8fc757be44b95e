type Numeric = number;

export function divide(a: Numeric, b: Numeric): Numeric {
  if (b === 0) throw new RangeError("division by zero");
  return a / b;
}
