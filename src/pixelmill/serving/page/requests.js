// What the page asks of the service, and what it says when the service refuses.

const KEY = "pixelmill-api-key"; // in sessionStorage, which a tab loses when it is closed
const KEY_CHARACTERS = /^[\x20-\x7e\xa0-\xff]+$/; // others cannot be sent in a header

let key = null;
try {
  key = sessionStorage.getItem(KEY);
} catch { /* a browser without storage keeps the key as long as the page */ }

export class Refusal extends Error {
  constructor(sentence, status = 0) {
    super(sentence);
    this.status = status;
  }
}

export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1).replace(/\.?$/, ".");

export const hasKey = () => key !== null;

// Returns whether it may be the key of a service.
export function rememberKey(given) {
  key = given !== null && KEY_CHARACTERS.test(given) ? given : null;
  try {
    if (key === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, key);
  } catch { /* as above */ }
  return key !== null;
}

// Gets a path, or sends a photo to it: {name, content}. Returns the JSON of the answer.
export async function ask(path, photo = null) {
  const options = { headers: key === null ? {} : { "X-API-Key": key } };
  if (photo) {
    options.method = "POST";
    options.body = new FormData();
    options.body.append("files", photo.content, photo.name);
  }
  const response = await fetch(path, options).catch(() => {
    throw new Refusal("The service cannot be reached. Check the connection, then try again.");
  });
  if (!response.ok) throw new Refusal(await explain(response), response.status);
  return response.json().catch(() => {
    throw new Refusal("The answer of the service cannot be read.");
  });
}

async function explain(response) {
  const answer = await response.json().catch(() => null); // a proxy answers with HTML
  const detail = typeof answer?.detail === "string" ? answer.detail : `status ${response.status}`;
  if (response.status === 413) return "The photo is too large for this service.";
  if (response.status !== 503) return sentence(`the service refused: ${detail}`);
  const seconds = Number(response.headers.get("Retry-After")) || 1;
  const reason = detail.replace(/: try again later$/, "");
  return `The service cannot answer now: ${reason}. Try again in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`;
}
