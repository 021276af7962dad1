import { expect, it } from "vitest";
import { DemotionReason, Notice, Reason, State } from "../../assembly/abi.ts";
import type { CoreNews } from "../../host/core/records.ts";
import { noticeSentence } from "../../host/core/words.ts";
import { eventOf } from "../../host/node/news.ts";
import { Transitions } from "../../host/node/transitions.ts";

const peer = { family: 4, source: Uint8Array.of(192, 0, 2, 3), advbase: 1, advskew: 20 } as const;
const place = { interfaceIndex: 2, vhid: 7, timeNs: 0n };
const transitions = new Transitions();
const describe = (news: CoreNews) =>
  eventOf(news, transitions, (index) => ({ interfaceName: `eth${index}`, host: undefined }));

it("tells a notice as a warning, with who was heard last", () => {
  const notice: CoreNews = { kind: "notice", ...place, notice: Notice.VhidConflict, peer };
  const sentence = noticeSentence(Notice.VhidConflict);
  expect(describe(notice)).toMatchObject({
    kind: "log",
    level: "warning",
    message: `7@eth2: ${sentence} (last heard: 192.0.2.3)`,
  });
  expect(describe({ ...notice, peer: undefined })).toMatchObject({ message: `7@eth2: ${sentence}` });
});

it("tells a demotion, and remembers a transition", () => {
  const demotion: CoreNews = {
    kind: "demotion",
    cause: undefined,
    timeNs: 0n,
    delta: 240,
    total: 480,
    reason: DemotionReason.Sysctl,
  };
  expect(describe(demotion)).toMatchObject({ kind: "demotion", delta: 240, total: 480, reason: "sysctl" });
  expect(transitions.list()).toEqual([]);
  const numbers = { effectiveSkew: 0, demotion: 0, heardAtNs: 0n, peerCounter: 0n, latenessUs: 0 };
  const transition = {
    kind: "transition",
    ...place,
    from: State.Init,
    to: State.Backup,
    peer,
    numbers,
  } as const;
  const told = describe({ ...transition, reason: Reason.InitializationComplete });
  expect(told).toMatchObject({ kind: "transition", interface: "eth2", vhid: 7, from: "INIT", to: "BACKUP" });
  expect(transitions.list()).toEqual([told]);
});
