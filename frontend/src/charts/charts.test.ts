// @vitest-environment jsdom
import { describe, expect, it } from 'vitest'
import type { Trial } from '@/contracts'
import { i18next } from '@/lib/i18n'
import { curveGroups } from './curveGroups'
import { csvOf, listOf, tableOf, themed, themedData } from './figure'
import { figuresIn, metricsIn, modelIn } from './outputs'
import { looksMaximised, trialFigure } from './trialFigure'

const COLOURS = { ink: '#111', inkSoft: '#555', line: '#ddd', surface: '#fff' }

const WORDS = { series: 'Series', x: 'Across', y: 'Requests', time: 'Time' }

describe('a figure', () => {
  it('heads the columns of its table with words where its axes have no titles', () => {
    const data = [{ x: ['2026-01-01T10:00:00'], y: [3] }]
    const dated = { data, layout: { xaxis: { type: 'date' } } }
    expect(tableOf(dated, WORDS).columns).toEqual(['Time', 'Requests'])
    expect(tableOf({ data }, WORDS).columns).toEqual(['Across', 'Requests'])
  })

  it('takes the colours of the page and keeps what it says itself', () => {
    const layout = themed({ data: [], layout: { xaxis: { title: 'area', type: 'log' } } }, COLOURS, false)
    expect(layout['xaxis']).toMatchObject({ type: 'log', gridcolor: '#ddd', title: { text: 'area' } })
    expect(layout['font']).toMatchObject({ color: '#111' })
  })

  it('leaves room above for its buttons, which would lie over what is drawn', () => {
    const given = themed({ data: [], layout: { margin: { l: 10, t: 4 } } }, COLOURS, false)
    expect(given['margin']).toEqual({ l: 10, t: 36 })
    expect(themed({ data: [] }, COLOURS, false)['margin']).toMatchObject({ t: 36 })
  })

  it('is a table of every point, with the series named when there are several', () => {
    const table = tableOf(
      {
        data: [
          { name: 'train', x: [1, 2], y: [3, 4] },
          { name: 'valid', x: [1], y: [5] },
        ],
        layout: { xaxis: { title: { text: 'Epoch' } }, yaxis: { title: 'Loss' } },
      },
      { ...WORDS, series: 'Rows' },
    )
    expect(table.columns).toEqual(['Rows', 'Epoch', 'Loss'])
    expect(table.rows).toEqual([
      ['train', 1, 3],
      ['train', 2, 4],
      ['valid', 1, 5],
    ])
  })

  it('is a grid when it is a heat map', () => {
    const table = tableOf(
      {
        data: [
          {
            type: 'heatmap',
            x: ['no', 'yes'],
            y: ['no', 'yes'],
            z: [
              [9, 1],
              [2, 8],
            ],
          },
        ],
      },
      WORDS,
    )
    expect(table).toEqual({
      columns: ['', 'no', 'yes'],
      rows: [
        ['no', 9, 1],
        ['yes', 2, 8],
      ],
    })
  })

  it('draws more of a heat map stronger, also where it names the scale that Plotly runs backwards', () => {
    const scales = ['Blues', undefined].map((colorscale) => {
      const [trace] = themedData({ data: [{ type: 'heatmap', z: [[0, 1]], colorscale }] }, false)
      return trace?.['colorscale']
    })
    expect(scales[0]).toEqual([
      [0, '#f3f7fb'],
      [1, '#1f5fa8'],
    ])
    expect(scales[1]).toEqual(scales[0])
    const [own] = themedData({ data: [{ type: 'heatmap', colorscale: 'RdBu' }] }, false)
    expect(own?.['colorscale']).toBe('RdBu')
  })

  it('reads numbers that Plotly packed', () => {
    const bdata = btoa(String.fromCharCode(...new Uint8Array(new Float64Array([1.5, 2]).buffer)))
    expect(listOf({ dtype: 'f8', bdata })).toEqual([1.5, 2])
  })

  it('becomes CSV with marks in quotes', () => {
    expect(csvOf({ columns: ['a', 'b'], rows: [['x, "y"', null]] })).toBe('a,b\n"x, ""y""",')
  })
})

describe('curves', () => {
  it('of one measure on different rows share a chart', () => {
    expect(curveGroups(['train_loss', 'validation_loss', 'loss', 'accuracy'])).toEqual([
      { title: 'loss', names: ['train_loss', 'validation_loss', 'loss'] },
      { title: 'accuracy', names: ['accuracy'] },
    ])
  })
})

describe('a search', () => {
  const trial = (number: number, value: number | null, is_best = false) =>
    ({ number, value, is_best, params: {}, state: 'done', seconds: 1 }) as Trial
  const words = { trial: 'trial', value: 'rmse', best: 'best' }

  it('shows the best so far and leaves out trials without a value', () => {
    const spec = trialFigure([trial(0, 5), trial(1, null), trial(2, 7), trial(3, 3)], false, words)
    expect(spec.data[1]?.y).toEqual([5, 5, 3])
    expect(spec.data[1]?.x).toEqual([0, 2, 3])
  })

  it('knows the direction from the trial that was called best', () => {
    expect(looksMaximised([trial(0, 5), trial(1, 3, true)])).toBe(false)
    expect(looksMaximised([trial(0, 5, true), trial(1, 3)])).toBe(true)
  })
})

describe('outputs', () => {
  it('are read with care when a part is missing', () => {
    expect(metricsIn({ values: { r2: 0.9, note: 'x' } })).toEqual({
      values: { r2: 0.9 },
      headline: '',
      details: {},
      verdict: null,
    })
    expect(figuresIn({ figures: [{ name: 'a' }] })[0]?.spec.data).toEqual([])
    expect(modelIn({}).inputs).toEqual([])
  })

  it('figures say their sentences in the language of the page, and leave the data as they are', async () => {
    await i18next.addResourceBundle('zh', 'messages', { 'figure.rows': '行' }).changeLanguage('zh')
    const spec = {
      data: [{ type: 'bar', name: 'Rows', y: ['Rows'] }],
      layout: { xaxis: { title: { text: 'Rows' } } },
    }
    const messages = { Rows: { id: 'figure.rows', params: {} } }
    const [figure] = figuresIn({ figures: [{ name: 'a', title: 'Rows', spec, messages }] })
    await i18next.changeLanguage('en')
    expect(figure?.title).toBe('行')
    expect(figure?.spec.data).toEqual([{ type: 'bar', name: '行', y: ['Rows'] }])
    expect(figure?.spec.layout).toEqual({ xaxis: { title: { text: '行' } } })
  })
})
