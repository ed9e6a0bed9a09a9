import type { ProfileWarning } from '@/contracts'

/** How much a warning matters, the gravest first. The words stand under `dataset.warningGroup.<name>`. */
export const SEVERITIES = ['doubtful', 'fixable', 'reading'] as const
export type Severity = (typeof SEVERITIES)[number]

/** What says that values or rows were lost, or may have been read as something else than was meant. */
const DOUBTFUL: ReadonlySet<string> = new Set([
  'almost_date',
  'almost_numeric',
  'damaged',
  'date_order',
  'day_first',
  'empty_rows',
  'footnotes',
  'left_out',
  'mixed',
  'no_rows',
  'no_such_column',
  'not_of_type',
  'one_column',
  'percent_or_share',
  'placeholder',
  'set_aside',
  'thousands_or_decimals',
  'too_long',
  'totals_among',
  'unread_dates',
  'zones',
])

export function severityOf({ code, fix }: Pick<ProfileWarning, 'code' | 'fix'>): Severity {
  if (DOUBTFUL.has(code)) return 'doubtful'
  return fix ? 'fixable' : 'reading'
}

/** Warnings by how much they matter, each group in the order they came in; no group is empty. */
export function grouped<Warning extends Pick<ProfileWarning, 'code' | 'fix'>>(
  warnings: readonly Warning[],
): readonly { readonly severity: Severity; readonly warnings: readonly Warning[] }[] {
  return SEVERITIES.map((severity) => ({
    severity,
    warnings: warnings.filter((warning) => severityOf(warning) === severity),
  })).filter((group) => group.warnings.length > 0)
}
