import * as abi from "../../assembly/abi.ts";
import type { Coverage } from "./coverage.ts";

/** The ranks that decide. */
interface Ranks {
  readonly rank: number;
  readonly timeOutRank: number;
}

const relations = ["better", "equal", "worse", "will time out"];
const states = [abi.State.Init, abi.State.Backup, abi.State.Master];

/** How often each cell of the state table was hit by a received frame. */
export class Cells {
  private readonly relations = new Uint32Array(states.length * relations.length);
  private readonly verdicts = new Uint32Array(states.length * 256);

  /** An advertisement of that rank was accepted. */
  noteRank(state: abi.State, rank: number, { rank: own, timeOutRank }: Ranks): void {
    const relation = rank < own ? 0 : rank === own ? 1 : rank <= timeOutRank ? 2 : 3;
    this.relations[state * relations.length + relation]++;
  }

  noteVerdict(state: abi.State, verdict: abi.Verdict): void {
    this.verdicts[state * 256 + verdict]++;
  }

  addTo(coverage: Coverage): void {
    for (const state of states) {
      relations.forEach((relation, index) => {
        const times = this.relations[state * relations.length + index];
        coverage.count(`${abi.State[state]} × ${relation}`, times);
      });
      for (let verdict = 0; abi.Verdict[verdict] !== undefined; verdict++)
        coverage.count(`${abi.State[state]} × ${abi.Verdict[verdict]}`, this.verdicts[state * 256 + verdict]);
    }
  }
}
