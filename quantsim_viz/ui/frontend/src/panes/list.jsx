// A list that draws only the rows in view: ten thousand nodes scroll as smoothly as ten. It is one
// stop of the Tab key; arrow keys, Page, Home and End go from row to row.

import { useLayoutEffect, useRef, useState } from "preact/hooks";

/**
 * @param row Draws row number `index`; what is to take the keyboard in it carries the second argument.
 * @param focus The row that is selected elsewhere: it is scrolled to and Tab goes there.
 * @param role Of the whole; the rows are put into an element of `bodyRole`.
 */
export function VirtualList({ count, rowHeight, row, focus, label, role = "group", bodyRole, rows: total, header = null, headerHeight = 0 }) {
  const box = useRef(null);
  const wanted = useRef(false);
  const [view, setView] = useState({ top: 0, height: 400 });
  const [cursor, setCursor] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight || 400 });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
  const reveal = (index, margin) => {
    const element = box.current;
    const top = index * rowHeight;
    const seen = element.clientHeight - headerHeight;
    if (top < element.scrollTop || top + rowHeight > element.scrollTop + seen) {
      element.scrollTop = Math.max(0, top < element.scrollTop && !margin ? top : top + rowHeight - seen + margin);
    }
  };
  useLayoutEffect(() => {
    if (focus == null || focus < 0) return;
    setCursor(focus);
    reveal(focus, box.current.clientHeight / 2);
  }, [focus, rowHeight]);
  const stop = Math.min(cursor, count - 1);
  useLayoutEffect(() => {
    if (!wanted.current) return;
    const target = box.current.querySelector(`[data-stop="${stop}"]`);
    if (target) {
      wanted.current = false;
      target.focus({ preventScroll: true });
    }
  });
  const page = Math.max(1, Math.floor(view.height / rowHeight) - 1);
  const move = (event) => {
    const at = { ArrowDown: stop + 1, ArrowUp: stop - 1, PageDown: stop + page, PageUp: stop - page, Home: 0, End: count - 1 }[event.key];
    if (at === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = Math.min(Math.max(at, 0), count - 1);
    wanted.current = true;
    reveal(next, 0);
    setCursor(next);
    setView({ top: box.current.scrollTop, height: box.current.clientHeight });
  };
  const first = Math.max(0, Math.floor(view.top / rowHeight) - 8);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + 8);
  const rows = [];
  for (let index = first; index < last; index++) {
    rows.push(row(index, { tabIndex: index === stop ? 0 : -1, "data-stop": index, onFocus: () => setCursor(index) }));
  }
  const drawn = stop >= first && stop < last;
  return (
    <div class="scroll" ref={box} role={role} aria-label={label} aria-rowcount={total} tabIndex={drawn ? -1 : 0} onKeyDown={move}
      onScroll={(event) => setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })}>
      {header}
      <div role={bodyRole} style={{ height: count * rowHeight, position: "relative" }}>
        <div role={bodyRole && "presentation"} style={{ position: "absolute", top: first * rowHeight, left: 0, right: 0 }}>{rows}</div>
      </div>
    </div>
  );
}
