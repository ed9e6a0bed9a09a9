import { ActionIcon, Tooltip } from '@mantine/core'
import { IconChartDots, IconDownload, IconTable } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DataGrid, OpenLarge } from '@/ui'
import classes from './charts.module.css'
import { csvOf, type FigureSpec, type FigureTable, tableOf } from './figure'
import { PlotlyFigure } from './PlotlyFigure'
import { saveText } from './saveText'

interface FigureViewProps {
  readonly title: string
  readonly spec: FigureSpec
  readonly height?: number
  readonly keepsViewOf?: string
}

/** What the bars of a dialog take of the height of the window, in pixels. */
const AROUND_LARGE = 180

/** A figure with its name, the same numbers as a table, large over the window, and all to take away. */
export function FigureView(props: FigureViewProps) {
  const { title, spec, height = 280 } = props
  const { t } = useTranslation('editor')
  const [isTable, setTable] = useState(false)
  const table = useMemo(() => {
    const words = { series: t('chart.series'), x: t('chart.across'), y: title, time: t('chart.time') }
    return tableOf(spec, words)
  }, [spec, title, t])
  return (
    <figure className={classes.figure} data-testid="figure">
      <figcaption className={classes.caption}>
        <span>{title}</span>
        <OpenLarge title={title}>
          {() => (
            <Drawn {...props} table={table} isTable={isTable} height={window.innerHeight - AROUND_LARGE} />
          )}
        </OpenLarge>
        <Tooltip label={t(isTable ? 'chart.asChart' : 'chart.asTable')}>
          <ActionIcon
            size="sm"
            aria-label={t(isTable ? 'chart.asChart' : 'chart.asTable')}
            onClick={() => setTable(!isTable)}
          >
            {isTable ? <IconChartDots size={16} /> : <IconTable size={16} />}
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t('chart.csv')}>
          <ActionIcon
            size="sm"
            aria-label={t('chart.csv')}
            onClick={() => saveText(csvOf(table), `${title}.csv`)}
          >
            <IconDownload size={16} />
          </ActionIcon>
        </Tooltip>
      </figcaption>
      <Drawn {...props} table={table} isTable={isTable} height={height} />
    </figure>
  )
}

interface DrawnProps extends FigureViewProps {
  readonly table: FigureTable
  readonly isTable: boolean
  readonly height: number
}

function Drawn({ title, spec, table, isTable, height, keepsViewOf }: DrawnProps) {
  return isTable ? (
    <DataGrid
      label={title}
      columns={table.columns.map((name) => ({ name }))}
      total={table.rows.length}
      rowAt={(index) => table.rows[index]}
      height={height}
    />
  ) : (
    <PlotlyFigure spec={spec} label={title} height={height} {...(keepsViewOf ? { keepsViewOf } : {})} />
  )
}
