'use strict'
{
  const form = document.getElementById('filters')
  const checks = [...document.querySelectorAll('.check')]
  const apply = () => {
    const data = new FormData(form)
    const outcomes = new Set(data.getAll('outcome'))
    const words = data.get('words').trim().toLowerCase()
    let shown = 0
    for (const check of checks) {
      const { outcome, group, differs } = check.dataset
      const fits =
        outcomes.has(outcome) &&
        (!data.get('group') || data.get('group') === group) &&
        (!data.has('differs') || differs === 'yes') &&
        (!words || check.textContent.toLowerCase().includes(words))
      check.hidden = !fits
      if (fits) shown += 1
    }
    for (const group of document.querySelectorAll('.group')) {
      group.hidden = !group.querySelector('.check:not([hidden])')
    }
    document.getElementById('shown').value = shown
  }
  form.hidden = false
  form.addEventListener('input', apply)
  form.addEventListener('submit', (event) => event.preventDefault())
}
