import { Button } from '@mantine/core'
import { IconPlus, IconUpload } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { FilePicker } from '@/ui'
import { ACCEPTED } from '../data/accepted'
import { useUpload } from '../data/useUpload'
import { useOpenNewGraph } from '../graphs/useOpenNewGraph'

export function HomeActions() {
  const { t } = useTranslation()
  const upload = useUpload()
  const newGraph = useOpenNewGraph()
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconPlus size={16} />}
        loading={newGraph.isPending}
        onClick={() => newGraph.mutate({ name: t('graphs.untitled') })}
      >
        {t('graphs.new')}
      </Button>
      <FilePicker accept={ACCEPTED} onFiles={upload}>
        {(open) => (
          <Button leftSection={<IconUpload size={16} />} onClick={open}>
            {t('data.upload')}
          </Button>
        )}
      </FilePicker>
    </>
  )
}
