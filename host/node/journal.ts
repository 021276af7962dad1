import type { CoreNews } from "../core/records.ts";
import { FrameRing } from "../recorder/frame-ring.ts";
import type { NodeEvent } from "./api.ts";
import type { Members } from "./members.ts";
import { eventOf } from "./news.ts";
import { Notices } from "./notices.ts";
import type { Ports } from "./ports.ts";
import type { Recording } from "./recording.ts";
import { Transitions } from "./transitions.ts";

/** What a node remembers of its past: the last frames, and the last transitions. */
export class Journal {
  readonly ring = new FrameRing();
  readonly transitions = new Transitions();
  private readonly notices = new Notices();
  private readonly ports: Ports;
  private readonly members: Members;

  constructor(ports: Ports, members: Members) {
    this.ports = ports;
    this.members = members;
  }

  /** Gives the core's news as people are told of it, if it is due; transitions are remembered. */
  tell(news: CoreNews, emit: (event: NodeEvent) => void): void {
    if (!this.notices.isDue(news)) return;
    const event = eventOf(news, this.transitions, (index, vhid) => ({
      interfaceName: this.ports.list[index].name,
      host: this.members.find(index, vhid)?.host,
    }));
    emit(event);
  }

  record(): Recording {
    return { ring: this.ring.snapshot(), interfaces: this.ports.list.map(({ name }) => name) };
  }
}
