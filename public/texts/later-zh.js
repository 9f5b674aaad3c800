// 稍后加载部分的简体中文文字。The words of what is loaded later, in Simplified Chinese.

// tools as in texts.js.
export function wordsFor({ isolated, number, listed }) {
	return {
		searchClose: '关闭搜索',
		searchField: '搜索这个房间',
		searchNone: '没有找到。',
		searchFound: (count, more) => `${number(count)} 条消息${more ? '，还有更多' : ''}`,
		searchFailed: '搜索没有成功，请再试一次。',

		alarmsLabel: '告警',
		alarmsClose: '关闭告警列表',
		alarmsButton: (unseen, standing) =>
			unseen ? `${number(unseen)} 个告警未确认` : `${number(standing)} 个告警，均已确认`,
		severity: { info: '信息', warning: '警告', error: '错误', critical: '严重', ok: '正常' },
		alarmState: {
			raised: () => '已触发',
			updated: () => '有更新',
			cleared: () => '已解除',
			acknowledged: (name) => `${isolated(name)} 已确认`,
		},
		alarmAge: (age) => (age ? `已持续 ${age}` : '刚刚'),
		acknowledge: '确认',
		acknowledgeTitle: (title) => `确认 ${title}`,

		joinedNames: (names) => `${listed(names)}进来了`,
		leftNames: (names) => `${listed(names)}离开了`,
		renamedName: (from, to) => `${isolated(from)} 改名为 ${isolated(to)}`,
		presenceCounts: (joined, left, renamed) =>
			[
				joined && `${number(joined)} 人进来`,
				left && `${number(left)} 人离开`,
				renamed && `${number(renamed)} 人改名`,
			]
				.filter(Boolean)
				.join('，'),
	};
}
