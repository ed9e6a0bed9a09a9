import { ActionIcon, Tooltip } from '@mantine/core'
import { IconChartDots, IconDownload, IconTable } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DataGrid } from '@/ui'
import classes from './charts.module.css'
import { csvOf, type FigureSpec, tableOf } from './figure'
import { PlotlyFigure } from './PlotlyFigure'
import { saveText } from './saveText'

interface FigureViewProps {
  readonly title: string
  readonly spec: FigureSpec
  readonly height?: number
  readonly keepsViewOf?: string
}

/** A figure with its name, the same numbers as a table, and both to take away. */
export function FigureView({ title, spec, height = 280, keepsViewOf }: FigureViewProps) {
  const { t } = useTranslation('editor')
  const [isTable, setTable] = useState(false)
  const table = useMemo(() => tableOf(spec, t('chart.series')), [spec, t])
  return (
    <figure className={classes.figure} data-testid="figure">
      <figcaption className={classes.caption}>
        <span>{title}</span>
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
      {isTable ? (
        <DataGrid
          label={title}
          columns={table.columns.map((name) => ({ name }))}
          total={table.rows.length}
          rowAt={(index) => table.rows[index]}
          height={height}
        />
      ) : (
        <PlotlyFigure spec={spec} label={title} height={height} {...(keepsViewOf ? { keepsViewOf } : {})} />
      )}
    </figure>
  )
}
