/** The core's news in the operator's words. */
import type { VirtualHost } from "../config/model.ts";
import type { CoreNews } from "../core/records.ts";
import { demotionWord, noticeSentence } from "../core/words.ts";
import type { NodeEvent } from "./api.ts";
import { isoTime, peerText } from "./status.ts";
import type { Transitions } from "./transitions.ts";

/** A virtual host of the core as the operator knows it; `host` is left out where it has gone. */
export interface Known {
  readonly interfaceName: string;
  readonly host: VirtualHost | undefined;
}

/** What people are told of the core's news; `transitions` remembers those. */
export function eventOf(
  news: CoreNews,
  transitions: Transitions,
  find: (interfaceIndex: number, vhid: number) => Known,
): NodeEvent {
  const at = isoTime(news.timeNs);
  if (news.kind === "demotion") {
    const { delta, total } = news;
    return { kind: "demotion", at, delta, total, reason: demotionWord(news.reason) };
  }
  const { interfaceName, host } = find(news.interfaceIndex, news.vhid);
  if (news.kind === "transition") return transitions.explain(news, interfaceName, host);
  const sender = news.peer === undefined ? "" : ` (last heard: ${peerText(news.peer)})`;
  const message = `${news.vhid}@${interfaceName}: ${noticeSentence(news.notice)}${sender}`;
  return { kind: "log", at, level: "warning", message };
}
