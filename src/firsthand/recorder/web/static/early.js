// Asks for what the address needs at once, before the page's other parts are here. No module, which would wait for them.

const early = (() => {
  const number = /^#\/(\d+)/.exec(location.hash)?.[1], at = `/api/recordings/${number}`, asked = new Map();
  for (const path of number ? [at, `${at}/bars`] : ["/api/recordings"]) {
    const answer = fetch(path);
    answer.catch(() => {});
    asked.set(path, answer);
  }
  // The answer to what was asked at once, the first time; null for all else.
  return (path) => {
    const answer = asked.get(path) ?? null;
    asked.delete(path);
    return answer;
  };
})();
