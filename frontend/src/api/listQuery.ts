/** Which part of a list is asked for; empty words and orders are left out. */
export interface ListPart {
  readonly page?: number
  readonly pageSize?: number
  readonly search?: string
  readonly order?: string
}

/** The query of a list. Each list has columns of its own to be ordered by, and refuses others. */
export function listQuery({ page = 1, pageSize = 50, search = '', order = '' }: ListPart) {
  return {
    page,
    page_size: pageSize,
    ...(search ? { search } : {}),
    ...(order ? { ordering: order as never } : {}),
  }
}
