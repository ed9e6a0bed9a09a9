export interface CurveGroup {
  readonly title: string
  readonly names: readonly string[]
}

const SIDES =
  /^(train|training|valid|validation|val|test)[ _./-]+|[ _./-]+(train|training|valid|validation|val|test)$/i

/** Curves of the same measure on different rows belong on one chart: `loss` with `validation_loss`. */
export function curveGroups(names: readonly string[]): readonly CurveGroup[] {
  const groups = new Map<string, string[]>()
  for (const name of names) {
    const measure = name.replace(SIDES, '') || name
    groups.set(measure, [...(groups.get(measure) ?? []), name])
  }
  return [...groups].map(([title, members]) => ({ title, names: members }))
}
