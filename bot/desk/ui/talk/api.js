// The desk's API from its own pages: JSON in and out, files with progress, refusals as sentences.
export const DESK = "/api/v1/desk";
export const TOOLS = `${DESK}/tools`;
const PATIENCE_MS = 8000;

export class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

export function beside(conversation_id, what) {
  return `${TOOLS}/conversations/${conversation_id}/${what}`;
}

// Throws `Refused` with the server's sentence, status 0 where nobody answered.  A session that is over leads to the login.
export async function call(method, address, body) {
  const told = body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  let answer;
  try {
    answer = await fetch(address, { method, ...told, keepalive: method === "POST" && !body, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    throw new Refused(0, "");
  }
  if (answer.status === 401) location.assign("/desk/login");
  const said = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, sentence(said));
  return said;
}

export function upload(address, file, name, onProgress) {
  const form = new FormData();
  form.append("file", file, name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(Math.round((100 * event.loaded) / event.total));
    request.onerror = () => reject(new Refused(0, ""));
    request.onload = () => {
      const said = parsed(request.responseText);
      if (request.status < 300) resolve(said);
      else reject(new Refused(request.status, sentence(said)));
    };
    request.send(form);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function sentence(said) {
  return typeof said?.detail === "string" ? said.detail : "";
}
