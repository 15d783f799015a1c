// The way to Python. Streamlit keeps only the last trigger value of a run, so every message carries
// all acts that Python has not yet acknowledged: none is lost, none is done twice
// (`ui/components/channel.py` is the other end).

export class Channel {
  constructor() {
    this.client = Math.random().toString(36).slice(2);
    this.pending = [];
    this.seq = 0;
    this.trigger = () => {};
    this.to = undefined; // the server's end that an act is meant for: a restarted one must not do it again
  }

  /** Take over the newest sender, and forget what Python has done. */
  update(trigger, ack) {
    this.trigger = trigger;
    if (ack) this.to = ack[2];
    if (ack && ack[0] === this.client) this.pending = this.pending.filter((act) => act.seq > ack[1]);
  }

  send(type, payload) {
    this.seq += 1;
    this.pending.push({ seq: this.seq, to: this.to, type, ...payload });
    this.trigger("act", { client: this.client, acts: this.pending });
  }
}
