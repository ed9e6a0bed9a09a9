import { useQuery } from '@tanstack/react-query'
import type { Template } from '@/contracts'
import { storedText } from '@/lib/messages'
import { client, unwrap } from './client'

export const templateKeys = { all: ['templates'] as const }

export function useTemplates() {
  return useQuery({
    queryKey: templateKeys.all,
    queryFn: () => unwrap(client.GET('/api/v1/templates/')),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** A template with title and description in the language of the page. */
export function inWords(template: Template): Template {
  return {
    ...template,
    title: storedText(template.title, template.title_parts),
    description: storedText(template.description, template.description_parts),
  }
}
