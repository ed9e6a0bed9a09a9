type Row = Readonly<Record<string, unknown>>

type Call = { url: string; row: Row; key: string }

/** The call in the languages people paste from. */
export const LANGUAGES_OF_CODE = ['curl', 'python', 'javascript', 'r', 'excel'] as const
export type CodeLanguage = (typeof LANGUAGES_OF_CODE)[number]

/** A value as Python writes it. */
function python(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return JSON.stringify(value)
}

/** Text inside single quotes of a shell. */
function shell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function curlCall({ url, row, key }: Call): string {
  return [
    `curl ${shell(`${url}/predict`)} \\`,
    `  -H ${shell(`Authorization: Bearer ${key}`)} \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d ${shell(JSON.stringify({ rows: [row] }))}`,
  ].join('\n')
}

function pythonCall({ url, row, key }: Call): string {
  const entries = Object.entries(row).map(([name, value]) => `    ${JSON.stringify(name)}: ${python(value)},`)
  return [
    'import requests',
    '',
    'row = {',
    ...entries,
    '}',
    'answer = requests.post(',
    `    ${JSON.stringify(`${url}/predict`)},`,
    `    headers={"Authorization": ${JSON.stringify(`Bearer ${key}`)}},`,
    '    json={"rows": [row]},',
    '    timeout=10,',
    ')',
    'answer.raise_for_status()',
    'print(answer.json()["predictions"])',
  ].join('\n')
}

function javascriptCall({ url, row, key }: Call): string {
  const body = JSON.stringify({ rows: [row] }, null, 2).replaceAll('\n', '\n  ')
  return [
    `const response = await fetch(${JSON.stringify(`${url}/predict`)}, {`,
    "  method: 'POST',",
    '  headers: {',
    `    Authorization: ${JSON.stringify(`Bearer ${key}`)},`,
    "    'Content-Type': 'application/json',",
    '  },',
    `  body: JSON.stringify(${body}),`,
    '})',
    'const { predictions } = await response.json()',
    'console.log(predictions)',
  ].join('\n')
}

/** A value as R writes it. */
function inR(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE'
  return JSON.stringify(value)
}

function rCall({ url, row, key }: Call): string {
  const entries = Object.entries(row).map(([name, value]) => `  \`${name}\` = ${inR(value)}`)
  return [
    'library(httr2)',
    '',
    'row <- list(',
    entries.join(',\n'),
    ')',
    `answer <- request(${JSON.stringify(`${url}/predict`)}) |>`,
    `  req_auth_bearer_token(${JSON.stringify(key)}) |>`,
    '  req_body_json(list(rows = list(row)), digits = NA) |>',
    '  req_perform() |>',
    '  resp_body_json()',
    'print(answer$predictions)',
  ].join('\n')
}

/** Text as the formula language of Power Query writes it. */
function powerQuery(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

function excelCall({ url, key }: Call): string {
  return [
    'let',
    '    Rows = Excel.CurrentWorkbook(){[Name = "Rows"]}[Content],',
    '    Body = Json.FromValue([rows = Table.ToRecords(Rows)]),',
    `    Answer = Json.Document(Web.Contents(${powerQuery(url)}, [`,
    '        RelativePath = "predict",',
    '        Headers = [',
    `            Authorization = ${powerQuery(`Bearer ${key}`)},`,
    '            #"Content-Type" = "application/json"',
    '        ],',
    '        Content = Body',
    '    ])),',
    '    Columns = Table.ToColumns(Rows) & {Answer[predictions]},',
    '    Result = Table.FromColumns(Columns, Table.ColumnNames(Rows) & {"prediction"})',
    'in',
    '    Result',
  ].join('\n')
}

const WRITERS: Record<CodeLanguage, (call: Call) => string> = {
  curl: curlCall,
  python: pythonCall,
  javascript: javascriptCall,
  r: rCall,
  excel: excelCall,
}

/** Ready code that asks an endpoint about one row. */
export function exampleCode(language: CodeLanguage, call: Call): string {
  return WRITERS[language](call)
}
