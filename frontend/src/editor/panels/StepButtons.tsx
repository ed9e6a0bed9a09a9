import { Button } from '@mantine/core'
import { IconArrowRight } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { NextStep } from '../graph/nextSteps'
import classes from './NextSteps.module.css'

interface StepButtonsProps {
  readonly steps: readonly NextStep[]
  readonly onTake: (step: NextStep) => void
}

/** A button for each step that a verdict suggests; nothing where it suggests none. */
export function StepButtons({ steps, onTake }: StepButtonsProps) {
  const { t } = useTranslation('editor')
  if (steps.length === 0) return null
  return (
    <div className={classes.steps} data-testid="next-steps">
      {steps.map((step) => {
        const column = 'column' in step ? step.column : ''
        return (
          <Button
            key={`${step.kind} ${column}`}
            size="compact-sm"
            variant="light"
            rightSection={<IconArrowRight size={14} />}
            onClick={() => onTake(step)}
          >
            {t(`nextStep.${step.kind}`, { column })}
          </Button>
        )
      })}
    </div>
  )
}
