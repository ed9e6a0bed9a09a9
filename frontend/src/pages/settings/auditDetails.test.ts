// @vitest-environment jsdom

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setLanguage } from '@/lib/i18n'
import { detailsText, subjectText } from './auditDetails'

const CANARY = {
  action: 'endpoint.canary_returned',
  details: {
    release: 3,
    why: '15 of 300 requests …',
    why_parts: {
      id: 'canary.failing',
      params: { failed: 15, count: 300, canary: 3, share: '5.0%', active: 2, usual: '0.1%' },
    },
  },
}

describe('details of an entry', () => {
  it('name what they are', () => {
    const member = { action: 'member.added', details: { role: 'owner' } }
    expect(detailsText(member)).toBe('Role: Owner')
    const rule = { needs_approval: true, approvers: 'analyst', needs_another_person: false }
    expect(detailsText({ action: 'workspace.approval_rule_changed', details: rule })).toBe(
      'Approval required: Yes · Approvers: Owners and analysts · Another person: No',
    )
  })

  it('say what a token may do and when it ends in the words of the page', () => {
    const details = { scopes: ['read', 'deploy'], expires_at: '2026-03-01T12:00:00+00:00' }
    expect(detailsText({ action: 'token.made', details })).toMatch(
      /^Scopes: read, deploy · Expires: 1 Mar 2026/,
    )
  })

  it('tell a digest from a network address', () => {
    expect(detailsText({ action: 'model.version_deleted', details: { address: 'ab' } })).toBe('Digest: ab')
    expect(detailsText({ action: 'session.started', details: { address: '::1' } })).toBe('Address: ::1')
  })

  it('show the reason of older entries and unknown names as they are', () => {
    const old = { action: 'endpoint.rolled_back', details: { why: 'no model', colour: 'red' } }
    expect(detailsText(old)).toBe('Reason: no model · colour: red')
  })

  it('say what was acknowledged in words', () => {
    const details = { release: 2, warnings: ['few_rows', 'too_good_to_be_true', 'new_code'] }
    expect(detailsText({ action: 'endpoint.warnings_acknowledged', details })).toBe(
      'Release: 2 · Warnings: few judged rows, too good to be true, new_code',
    )
  })

  describe('in Chinese', () => {
    beforeAll(() => setLanguage('zh'))
    afterAll(() => setLanguage('en'))

    it('hold no English word', () => {
      expect(detailsText(CANARY)).toBe(
        '发布：3 · 原因：发往发布 3 的 300 个请求中有 15 个未得到回答（5.0%），而发布 2 的失败率为 0.1%。',
      )
      expect(detailsText({ action: 'space.freed', details: { unused_days: null } })).toBe('未使用天数：无')
      expect(detailsText({ action: 'model.alias_set', details: { alias: 'champion' } })).toBe(
        '别名：champion（当前版本）',
      )
      expect(subjectText({ action: 'token.made', subject: 'password login' })).toBe('密码登录')
      expect(subjectText({ action: 'space.freed', subject: 'results' })).toBe('保存的结果')
    })
  })
})
