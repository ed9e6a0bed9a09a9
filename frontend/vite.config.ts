import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const backend = process.env['LEPTON_DEV_BACKEND'] ?? 'http://127.0.0.1:8000'

const WORTH_COMPRESSING = /\.(js|css|svg|json)$/
const BROTLI_QUALITY = 11

/** Leaves a compressed copy beside each file, which the server hands to browsers that take it. */
function compressed(): Plugin {
  return {
    name: 'compressed-copies',
    apply: 'build',
    writeBundle({ dir }) {
      if (!dir) return
      const files = readdirSync(dir, { recursive: true, encoding: 'utf8' })
      for (const path of files
        .filter((name) => WORTH_COMPRESSING.test(name))
        .map((name) => join(dir, name))) {
        const content = readFileSync(path)
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
        const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY }
        writeFileSync(`${path}.br`, brotliCompressSync(content, { params }))
      }
    },
  }
}

/**
 * `virtual:tabler-icons`: the drawings of all of Tabler's outline icons, in one file per first letter, so that a node of
 * a plug-in may name any of them and the page fetches no more than that file.
 */
function tablerIcons(): Plugin {
  const name = 'virtual:tabler-icons'
  const path = fileURLToPath(
    new URL('./node_modules/@tabler/icons/tabler-nodes-outline.json', import.meta.url),
  )
  const byLetter = new Map<string, Record<string, unknown>>()
  const read = () => {
    if (byLetter.size > 0) return
    for (const [icon, drawing] of Object.entries(JSON.parse(readFileSync(path, 'utf8')))) {
      const letter = /^[a-z]/.exec(icon)?.[0] ?? '0'
      byLetter.set(letter, { ...byLetter.get(letter), [icon]: drawing })
    }
  }
  return {
    name: 'tabler-icons',
    resolveId: (id) => (id === name || id.startsWith(`${name}/`) ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(`\0${name}`)) return undefined
      read()
      const letter = id.slice(name.length + 2)
      if (letter) return `export default JSON.parse(${JSON.stringify(JSON.stringify(byLetter.get(letter)))})`
      const entries = [...byLetter.keys()].map(
        (one) => `${JSON.stringify(one)}: () => import('${name}/${one}')`,
      )
      return `export const iconsByLetter = {${entries.join(', ')}}`
    },
  }
}

/** Libraries that every screen needs come as few files instead of one each; all others as their importer splits them. */
function chunkOf(path: string): string | undefined {
  if (/node_modules\/(@mantine|@floating-ui|@tabler)\//.test(path)) return 'interface'
  if (
    /node_modules\/(react|react-dom|scheduler|react-router|@tanstack|i18next|react-i18next|zustand)\//.test(
      path,
    )
  ) {
    return 'foundation'
  }
  return undefined
}

export default defineConfig(({ command }) => ({
  base: command === 'build' ? '/static/app/' : '/',
  plugins: [react(), tablerIcons(), compressed()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: {
    port: 5173,
    proxy: {
      '/api': { target: backend },
      '/ws': { target: backend.replace(/^http/, 'ws'), ws: true },
    },
  },
  build: {
    outDir: '../static/app',
    emptyOutDir: true,
    // The page shell that Django renders reads the hashed names in .vite/manifest.json.
    manifest: true,
    rollupOptions: {
      input: 'src/main.tsx',
      output: { manualChunks: chunkOf },
    },
    // Plotly is one file of its own, loaded only where a chart is drawn.
    chunkSizeWarningLimit: 1600,
  },
  test: {
    css: false,
    projects: [
      // Logic: one module graph for all files of a thread, and no DOM: who needs one says `@vitest-environment jsdom`.
      {
        extends: true,
        test: { name: 'logic', include: ['src/**/*.test.ts'], environment: 'node', isolate: false },
      },
      // Components: a document of its own for each file.
      {
        extends: true,
        test: {
          name: 'components',
          include: ['src/**/*.test.tsx'],
          environment: 'jsdom',
          setupFiles: ['src/lib/testSetup.ts'],
        },
      },
    ],
  },
}))
