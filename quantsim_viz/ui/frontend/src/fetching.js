// Large values come by URL, named by their content: fetched once, kept for the page's life.

const kept = new Map();

export function fetchOnce(url) {
  if (!kept.has(url)) {
    kept.set(url, fetch(url).then((answer) => {
      if (!answer.ok) throw new Error(`${answer.status} for ${url}`);
      return answer.json();
    }).catch((error) => {
      kept.delete(url);
      throw error;
    }));
  }
  return kept.get(url);
}
