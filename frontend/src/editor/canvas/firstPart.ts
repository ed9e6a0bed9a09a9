/** Letters that the strip has room for beside its state. */
const ROOM = 28

/** As much of a result as there is room for, the first measure of a judged one; the inspector says the rest. */
export function firstPart(said: string, isJudged: boolean): string {
  const [part = ''] = said.length > ROOM || isJudged ? said.split(' · ') : [said]
  const measure = isJudged ? /^.*?\s[−-]?\d[\d.,]*/.exec(part) : null
  return measure?.[0] ?? part
}
