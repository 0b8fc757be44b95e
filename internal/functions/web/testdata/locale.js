for (const n of [0, -0, 1, 999, 1000, 123456.789, -1234.5678, 0.0005, 0.00049, 1.0005, 2.5, 1e21, 1.5e300 / 1e280, NaN, Infinity, -Infinity, 1e-7, 0.1 + 0.2, 1234.5, 9999999.9995]) {
  console.log(n.toLocaleString(), n.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 }), n.toLocaleString("en-US", { maximumFractionDigits: 0, useGrouping: false }));
}
console.log(12345678901234567890n.toLocaleString(), (-5n).toLocaleString(), [1234.5, 2].toLocaleString());
for (const t of [0, 1e12, 1700000000000, 951782400000, NaN, 43200000]) {
  const d = new Date(t);
  console.log(d.toLocaleString("en-US", { timeZone: "UTC" }), "|", d.toLocaleDateString("en-US", { timeZone: "UTC" }), "|", d.toLocaleTimeString("en-US", { timeZone: "UTC" }));
}
