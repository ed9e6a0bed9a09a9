const STORAGE_KEY = 'lepton.workspace'

/** Id of the workspace this device looks at; none means the server's default. */
export function chosenWorkspace(): string | null {
  return localStorage.getItem(STORAGE_KEY)
}

export function chooseWorkspace(id: string | null): void {
  if (id) localStorage.setItem(STORAGE_KEY, id)
  else localStorage.removeItem(STORAGE_KEY)
}
