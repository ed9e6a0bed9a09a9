/** The first rows of a file as the browser reads them, before the server has seen it. */
export type Preview = { columns: { name: string; isNumeric: boolean }[]; rows: (string | null)[][] }

const FIRST_BYTES = 256 * 1024
const FIRST_ROWS = 100

/** Numbers stand to the right from the start, so that nothing moves when the server has found the types. */
function looksNumeric(values: readonly (string | null | undefined)[]): boolean {
  const given = values.filter((value) => value !== null && value !== undefined)
  return given.length > 0 && given.every((value) => Number.isFinite(Number(value)))
}

/** Reads the head of a delimited text file; the delimiter is found by looking. */
export function previewOf(text: string, parse: typeof import('papaparse').parse, isWhole: boolean): Preview {
  const { data } = parse<string[]>(text.replace(/^\uFEFF/, ''), {
    preview: FIRST_ROWS + 2,
    skipEmptyLines: true,
  })
  // The last row of a cut text is cut as well.
  const whole = isWhole || data.length > FIRST_ROWS + 1 ? data : data.slice(0, -1)
  const [names = [], ...texts] = whole
  const rows = texts.slice(0, FIRST_ROWS).map((row) => row.map((text) => (text === '' ? null : text)))
  const columns = names.map((name, index) => ({
    name,
    isNumeric: looksNumeric(rows.map((row) => row[index])),
  }))
  return { columns, rows }
}

/** Encodings are tried as the server tries them: UTF-8 first, then the one that never fails. */
function decode(bytes: ArrayBuffer, isWhole: boolean): string {
  try {
    // A cut text may end inside a character, which only streaming forgives.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !isWhole })
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/** First rows of a file, without reading more than its head. */
export async function readPreview(file: File): Promise<Preview> {
  const [{ default: papaparse }, bytes] = await Promise.all([
    import('papaparse'),
    file.slice(0, FIRST_BYTES).arrayBuffer(),
  ])
  const isWhole = file.size <= FIRST_BYTES
  return previewOf(decode(bytes, isWhole), papaparse.parse, isWhole)
}
