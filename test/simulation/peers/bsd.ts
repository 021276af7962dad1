import { type Heard, Peer } from "./peer.ts";

const LARGEST_SKEW = 240;

/**
 * FreeBSD and NetBSD (protocol §4 to §6.2): a counter that is random until somebody was heard, and then counts on from
 * what was heard; a master yields to a faster or equal one.
 */
abstract class CountingPeer extends Peer {
  private isInitial = true;
  private counter = 0n;

  protected override forget(): void {
    this.isInitial = true;
  }

  protected override nextCounter(): bigint {
    this.counter = this.isInitial ? this.random.bits64() : BigInt.asUintN(64, this.counter + 1n);
    return this.counter;
  }

  protected override handle(heard: Heard): void {
    this.isInitial = false;
    this.counter = heard.counter;
    if (this.isMaster) {
      if (this.rank >= heard.rank) this.enterBackup();
    } else if (this.state === "BACKUP") {
      const limit = this.rank + 2 * 256 * this.advbase;
      if ((this.preempt && this.rank < heard.rank) || limit < heard.rank) this.enterMaster();
      else this.restartTimer();
    }
  }
}

/** FreeBSD 10 and later clamps the skew that it sends at 240. */
export class FreeBsd extends CountingPeer {
  protected override get effectiveSkew(): number {
    return Math.min(this.advskew, LARGEST_SKEW);
  }
}

export class NetBsd extends CountingPeer {}

/** OpenBSD (protocol §5, §6.3): one random cookie for ever, and a demotion of its own on the wire. */
export class OpenBsd extends Peer {
  private cookie = 0n;

  protected override forget(): void {
    this.cookie = this.random.bits64();
  }

  protected override nextCounter(): bigint {
    return this.cookie;
  }

  protected override handle(heard: Heard): void {
    if (heard.counter === this.cookie) {
      this.world.happened("OpenBSD took an advertisement for its own");
      return;
    }
    const { demotion } = this;
    if (this.isMaster) {
      if ((this.rank >= heard.rank && heard.demote <= demotion) || heard.demote < demotion)
        this.enterBackup();
    } else if (this.state === "BACKUP") {
      const limit = this.rank + 2 * 256 * this.advbase;
      const isSlower = this.preempt && this.rank < heard.rank && heard.demote >= demotion;
      if (isSlower || heard.demote > demotion || limit < heard.rank) this.enterMaster();
      else this.restartTimer();
    }
  }
}
