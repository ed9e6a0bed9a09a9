// The first five minutes: set-up link, dropped file, column cards, predict a column, run, deploy, try.
// Told by the environment (see tests/browser/test_story.py); leaves a picture of each scene and result.json.
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DESKTOP, launch, PHONE } from './browser.mjs'

const told = (name) => {
  const value = process.env[`LEPTON_${name}`]
  assert(value, `LEPTON_${name} is not set`)
  return value
}
const OUTPUT = told('OUTPUT')
const TARGET = told('TARGET')
const RUN_MILLISECONDS = 180_000
let scene = 0

async function picture(page, name) {
  scene += 1
  await page.screenshot({ path: join(OUTPUT, `${scene}-${name}.png`) })
}

/** Drops a file on the page as a person does from the desktop. */
async function drop(page, path, name) {
  const text = await readFile(path, 'utf8')
  const transfer = await page.evaluateHandle(
    ([content, file]) => {
      const data = new DataTransfer()
      data.items.add(new File([content], file, { type: 'text/csv' }))
      return data
    },
    [text, name],
  )
  for (const type of ['dragenter', 'dragover', 'drop'])
    await page.dispatchEvent('body', type, { dataTransfer: transfer })
}

async function setUp(page) {
  await page.goto(told('SETUP_LINK'))
  await page.getByLabel('User name').fill(told('USERNAME'))
  await page.getByLabel('Password', { exact: true }).fill(told('PASSWORD'))
  await picture(page, 'set-up')
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByText('Start with some data').waitFor()
  await picture(page, 'home')
}

async function bringData(page) {
  await drop(page, told('CSV'), 'houses.csv')
  await page.getByRole('button', { name: 'Predict a column' }).waitFor({ timeout: 30_000 })
  // A card for every column, each with its name, once the file is read.
  await page.getByText('Distinct', { exact: true }).nth(5).waitFor({ timeout: 30_000 })
  for (const name of ['area', 'district', TARGET])
    await page.getByText(name, { exact: true }).first().waitFor()
  await picture(page, 'columns')
}

async function draw(page) {
  await page.getByRole('button', { name: 'Predict a column' }).click()
  await page.getByRole('radio', { name: new RegExp(`^${TARGET}`) }).check({ force: true })
  await picture(page, 'predict')
  await page.getByRole('button', { name: `Predict ${TARGET}` }).click()
  await page.locator('.react-flow__node').filter({ hasText: 'Deploy' }).waitFor({ timeout: 30_000 })
  await page
    .getByTestId('run-button')
    .filter({ hasText: /Run \d+ nodes, about/ })
    .waitFor({ timeout: 30_000 })
  await picture(page, 'graph')
}

async function run(page) {
  await page.getByTestId('run-button').click()
  await page.getByTestId('stop-button').waitFor()
  // Reloading in the middle of a run loses nothing.
  await page.reload()
  await picture(page, 'running')
  await page
    .getByTestId('run-button')
    .filter({ hasText: 'all cached' })
    .waitFor({ timeout: RUN_MILLISECONDS })
  await picture(page, 'finished')
}

async function deploy(page) {
  await page.getByTestId('deploy-button').click()
  await page.waitForURL(/\/endpoints\//, { timeout: 60_000 })
  await page.getByText('Copy it now').waitFor()
  const key = await page.getByTestId('secret').textContent()
  const address = await page.locator('code').filter({ hasText: '/predict' }).first().textContent()
  await picture(page, 'endpoint')
  return { key, endpoint: address.replace(/\/predict$/, '') }
}

async function ask(page, column, value) {
  if (column)
    await page.locator(`[data-column="${column}"] input, input[data-column="${column}"]`).first().fill(value)
  await page.getByRole('button', { name: 'Predict' }).click()
}

async function tryIt(page) {
  const [request] = await Promise.all([
    page.waitForRequest((sent) => sent.url().endsWith('/try/')),
    ask(page),
  ])
  const prediction = page.getByTestId('prediction')
  const answer = await prediction.getAttribute('data-value', { timeout: 20_000 })
  await picture(page, 'answer')
  await ask(page, 'area', 'large')
  await page.locator('[role="alert"], .mantine-InputWrapper-error').first().waitFor()
  await picture(page, 'refused')
  return { row: request.postDataJSON().rows[0], answer }
}

/** The endpoint on a phone: asked there too, and nothing hangs out of the screen. */
async function tryByPhone(context, address) {
  const phone = await context.newPage()
  await phone.setViewportSize(PHONE)
  await phone.goto(address)
  await ask(phone)
  await phone.getByTestId('prediction').waitFor()
  const hangsOut = await phone.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  assert(hangsOut <= 0, `the page is ${hangsOut} px wider than the phone`)
  await picture(phone, 'phone')
  await phone.close()
}

const browser = await launch()
const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB' })
const page = await context.newPage()
const faults = []
page.on('pageerror', (error) => faults.push(error.message))
try {
  await setUp(page)
  await bringData(page)
  await draw(page)
  await run(page)
  const deployed = await deploy(page)
  const answered = await tryIt(page)
  await tryByPhone(context, page.url())
  assert.deepEqual(faults, [], 'the page threw errors')
  await writeFile(join(OUTPUT, 'result.json'), JSON.stringify({ ...deployed, ...answered }))
} catch (error) {
  await picture(page, 'failed')
  throw error
} finally {
  await browser.close()
}
