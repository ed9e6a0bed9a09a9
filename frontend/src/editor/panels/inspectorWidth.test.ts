// @vitest-environment jsdom
import { expect, it } from 'vitest'
import {
  fittingWidth,
  LEAST_WIDTH,
  storedWidth,
  storeWidth,
  USUAL_WIDTH,
  widthAfterKey,
} from './inspectorWidth'

it('keeps half of the window for the graph', () => {
  expect(fittingWidth(2000, 1440)).toBe(720)
  expect(fittingWidth(10, 1440)).toBe(LEAST_WIDTH)
  expect(fittingWidth(400, 1440)).toBe(400)
})

it('remembers the width of each person', () => {
  storeWidth('ada', 500)
  expect(storedWidth('ada')).toBe(500)
  expect(storedWidth('ben')).toBe(USUAL_WIDTH)
})

it('moves by keys', () => {
  expect(widthAfterKey('ArrowLeft', false, 344, 1440)).toBe(360)
  expect(widthAfterKey('ArrowRight', true, 400, 1440)).toBe(336)
  expect(widthAfterKey('End', false, 344, 1440)).toBe(720)
  expect(widthAfterKey('Home', false, 344, 1440)).toBe(LEAST_WIDTH)
  expect(widthAfterKey('a', false, 344, 1440)).toBeNull()
})
