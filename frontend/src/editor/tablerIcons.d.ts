/** Made by the plug-in of the same name in `vite.config.ts`. */
declare module 'virtual:tabler-icons' {
  import type { IconNode } from '@tabler/icons-react'

  /** First letter (`0` for digits) to what loads the drawings of the icons that begin with it. */
  export const iconsByLetter: Readonly<
    Record<string, () => Promise<{ readonly default: Readonly<Record<string, IconNode>> }>>
  >
}
