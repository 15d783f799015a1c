// The way from a component to Python. Streamlit keeps only the last trigger value of a run, so
// every message carries all acts that Python has not yet acknowledged: none is lost, none is done
// twice (`quantsim_viz/ui/components/channel.py` is the other end).

export function openChannel() {
  const client = Math.random().toString(36).slice(2);
  let pending = [];
  let seq = 0;
  let trigger = () => {};
  return {
    /** Take over the newest sender and forget what Python has done. */
    update(component) {
      trigger = component.setTriggerValue;
      const ack = component.data?.ack;
      if (ack && ack[0] === client) pending = pending.filter((act) => act.seq > ack[1]);
    },
    send(type, payload = {}) {
      pending.push({ seq: ++seq, type, ...payload });
      trigger("act", { client, acts: pending });
      return seq;
    },
  };
}
