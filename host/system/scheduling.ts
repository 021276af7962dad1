import { libc } from "./libc.ts";
import { allocate } from "./memory.ts";

/** How the kernel schedules a thread: ahead of all ordinary ones, ahead of most, or as any other. */
export type Scheduling = "fifo" | "nice" | "normal";

const SCHED_FIFO = 1;
const SCHED_OTHER = 0;
const PRIO_PROCESS = 0;
const priority = 10;
const niceness = -20;

/**
 * Has the calling thread, and what it starts from now on, scheduled as any other, whatever the service manager gave it:
 * only the packet thread is to run ahead, and nothing, a hook least of all, beside it.
 */
export function runAsAnyOther(): void {
  libc().sched_setscheduler(0, SCHED_OTHER, allocate(4).address);
}

/**
 * Asks the kernel to let the calling thread run as soon as it is woken: SCHED_FIFO where CAP_SYS_NICE (or a limit)
 * allows it, else the best niceness, else nothing. Never throws: a thread that is scheduled as any other works as well,
 * only later on a busy machine.
 */
export function runFirst(): Scheduling {
  const parameter = allocate(4);
  parameter.view.setInt32(0, priority, true);
  if (libc().sched_setscheduler(0, SCHED_FIFO, parameter.address) === 0) return "fifo";
  return libc().setpriority(PRIO_PROCESS, 0, niceness) === 0 ? "nice" : "normal";
}
