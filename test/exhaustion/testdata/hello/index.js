// What others' functions answer meanwhile, and what they see of what attack leaves.
export const verifyJwt = false;

export default () => {
  const seen = [typeof leaked, typeof {}.polluted, [1, 2].map((x) => x * 2).join(), JSON.stringify({ a: 1 })];
  return new Response(seen.join(" "));
};
