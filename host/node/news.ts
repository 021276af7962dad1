/** The core's news in the operator's words. */
import type { CoreNews } from "../core/records.ts";
import { demotionWord, noticeSentence, reasonWord, stateWord } from "../core/words.ts";
import type { NodeEvent } from "./api.ts";
import { isoTime, peerText } from "./status.ts";

/** `nameOf` is the name of an interface by its index in the core. */
export function eventOf(news: CoreNews, nameOf: (interfaceIndex: number) => string): NodeEvent {
  const at = isoTime(news.timeNs);
  switch (news.kind) {
    case "demotion":
      return {
        kind: "demotion",
        at,
        delta: news.delta,
        total: news.total,
        reason: demotionWord(news.reason),
      };
    case "notice": {
      const name = `${news.vhid}@${nameOf(news.interfaceIndex)}`;
      const sender = news.peer === undefined ? "" : ` (last heard: ${peerText(news.peer)})`;
      return {
        kind: "log",
        at,
        level: "warning",
        message: `${name}: ${noticeSentence(news.notice)}${sender}`,
      };
    }
    case "transition":
      return {
        kind: "transition",
        at,
        interface: nameOf(news.interfaceIndex),
        vhid: news.vhid,
        from: stateWord(news.from),
        to: stateWord(news.to),
        reason: reasonWord(news.reason),
        peer: peerText(news.peer),
      };
  }
}
