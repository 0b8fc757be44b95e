// Says when there are new messages; showing them is left to the reader.
const { newest, to } = document.body.dataset;
const query = new URLSearchParams({ after: newest, limit: "50", to });
let last = 0;

async function look() {
  if (document.hidden) return;
  const response = await fetch(`/dev/inbox.json?${query}`);
  if (!response.ok) return;
  const { messages } = await response.json();
  if (messages.length === last) return;
  last = messages.length;
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = last === 1 ? "1 new message" : `${last} new messages`;
  document.getElementById("news").replaceChildren(link);
}

setInterval(() => look().catch(() => {}), 3000);
