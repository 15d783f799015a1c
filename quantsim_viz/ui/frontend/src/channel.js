// The way from a component to Python. Streamlit keeps only the last trigger value of a run, and may
// drop one that arrives while a run ends. So every message carries all acts that Python has not yet
// acknowledged, and is sent again while no answer comes: none is lost, and as each has its number
// none is done twice (`quantsim_viz/ui/components/channel.py` is the other end).

const PATIENCE_MS = 2000;
const MOST_TRIES = 5;

export function openChannel() {
  const client = Math.random().toString(36).slice(2);
  let pending = [];
  let seq = 0;
  let trigger = () => {};
  let timer = null;
  let to; // the server's end that an act is meant for: a restarted one must not do it again

  const transmit = (tries) => {
    clearTimeout(timer);
    if (!pending.length || tries >= MOST_TRIES) return;
    trigger("act", { client, acts: pending });
    timer = setTimeout(() => transmit(tries + 1), PATIENCE_MS * 2 ** tries);
  };

  return {
    /** Take over the newest sender and forget what Python has done. */
    update(component) {
      trigger = component.setTriggerValue;
      const ack = component.data?.ack;
      if (ack) to = ack[2];
      if (ack && ack[0] === client) pending = pending.filter((act) => act.seq > ack[1]);
    },
    send(type, payload = {}) {
      pending.push({ seq: ++seq, to, type, ...payload });
      transmit(0);
      return seq;
    },
  };
}
