// Welch's t over two classes of times, for all of them and for the quickest shares: what a scheduler adds hides what the
// code itself takes, so each share is judged apart (Reparaz, Balasch, Verbauwhede 2017).

const shares = [1, 0.99, 0.95, 0.9, 0.75, 0.5];
const pilotSize = 10_000;

/** Takes in times of class 0 and 1; `results` has |t| for each share of the quickest. */
export class Welch {
  #pilot = [];
  #limits;
  #moments = shares.map(() => [newMoments(), newMoments()]);

  add(kind, time) {
    if (this.#limits === undefined) {
      this.#pilot.push([kind, time]);
      if (this.#pilot.length < pilotSize) return;
      this.#setLimits();
      return;
    }
    this.#take(kind, time);
  }

  results() {
    if (this.#limits === undefined) this.#setLimits();
    return this.#moments.map(([one, other], index) => ({
      share: shares[index],
      count: one.count + other.count,
      means: [one.mean, other.mean],
      t: Math.abs(tOf(one, other)),
    }));
  }

  #setLimits() {
    const sorted = this.#pilot.map(([, time]) => time).sort((one, other) => one - other);
    this.#limits = shares.map((share) =>
      share === 1 ? Number.POSITIVE_INFINITY : sorted[Math.floor(share * (sorted.length - 1))],
    );
    for (const [kind, time] of this.#pilot) this.#take(kind, time);
    this.#pilot = [];
  }

  #take(kind, time) {
    for (let index = 0; index < shares.length; index++) {
      if (time <= this.#limits[index]) extend(this.#moments[index][kind], time);
    }
  }
}

function newMoments() {
  return { count: 0, mean: 0, squares: 0 };
}

/** Welford: the mean, and the sum of squared distances from it. */
function extend(moments, value) {
  moments.count++;
  const distance = value - moments.mean;
  moments.mean += distance / moments.count;
  moments.squares += distance * (value - moments.mean);
}

function tOf(one, other) {
  if (one.count < 2 || other.count < 2) return 0;
  const spread = one.squares / (one.count - 1) / one.count + other.squares / (other.count - 1) / other.count;
  return spread === 0
    ? one.mean === other.mean
      ? 0
      : Number.POSITIVE_INFINITY
    : (one.mean - other.mean) / Math.sqrt(spread);
}
