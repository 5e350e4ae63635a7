// A question to the page's own server, whose problems are told in words.

// Returns the answer, or throws an Error with what the server says and its `status`, which is missing where nobody
// answered. `answers` takes the place of fetch, for answers that are already here.
export async function ask(path, how = {}, answers = fetch) {
  let answer;
  try {
    answer = await answers(path, how);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer. Is the program in the terminal still running?");
  }
  if (answer.ok) return answer;
  const error = new Error(detailOf(await answer.text()) || `The server says ${answer.status}`);
  error.status = answer.status;
  throw error;
}

export const json = async (path, how, answers) => (await ask(path, how, answers)).json();
export const body = (method, what) => ({ method, headers: { "content-type": "application/json" }, body: JSON.stringify(what) });

// What an answer in words or JSON says of a problem.
export function detailOf(words) {
  try {
    const { detail } = JSON.parse(words);
    return typeof detail === "string" ? detail : words;
  } catch { return words; }
}
