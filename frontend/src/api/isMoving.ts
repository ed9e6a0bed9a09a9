type Moving = { readonly state: string }

/** Whether a run has not ended. */
export function isMoving(run: Moving | null | undefined): boolean {
  return run?.state === 'queued' || run?.state === 'running'
}
