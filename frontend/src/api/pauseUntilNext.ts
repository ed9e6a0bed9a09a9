type Moving = { readonly state: string }

/** Whether a run has not ended. */
export function isMoving(run: Moving | null | undefined): boolean {
  return run?.state === 'queued' || run?.state === 'running'
}

/** Milliseconds until a list is fetched anew: soon while a run in it moves, now and then to see new ones. */
export function pauseUntilNext(runs: readonly (Moving | null)[] | undefined): number {
  return runs?.some(isMoving) ? 1_500 : 15_000
}
