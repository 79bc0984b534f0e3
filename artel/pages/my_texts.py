"""What a freelancer's own pages say."""

from artel.pages.texts import Texts

# Task states: (what it is called, what it means for the freelancer).
STATES: Texts = {
    "state_1": ("New", "Новое"),
    "state_2": ("In work", "В работе"),
    "state_3": ("Handed in", "Сдано"),
    "state_4": ("Accepted", "Принято"),
    "state_5": ("Paid", "Оплачено"),
    "state_6": ("Declined by you", "Отклонено вами"),
    "state_8": ("Cancelled", "Отменено"),
    "state_11": ("Cancellation to confirm", "Подтвердите отмену"),
    "state_12": ("Being paid", "Оплачивается"),
    "state_13": ("In dispute", "Спор"),
    "state_14": ("Deadline passed", "Срок истёк"),
    "state_15": ("Closed", "Закрыто"),
    "state_16": ("Changes proposed", "Предложены изменения"),
    "means_1": ("Start when you are ready, or decline.", "Начните, когда будете готовы, или отклоните."),
    "means_2": ("Hand it in when you are done.", "Сдайте работу, когда закончите."),
    "means_3": ("The company looks at your work.", "Компания проверяет вашу работу."),
    "means_4": ("The company has accepted your work and pays next.", "Работа принята, дальше оплата."),
    "means_5": ("The money is on your balance.", "Деньги на вашем балансе."),
    "means_6": ("You have declined this task.", "Вы отклонили это задание."),
    "means_8": ("This task is over and will not be paid.", "Задание отменено и не будет оплачено."),
    "means_11": (
        "The company does not take the work and wants to cancel the task. If you agree, it ends without payment.",
        "Компания не принимает работу и хочет отменить задание. Если вы согласны, оно завершится без оплаты.",
    ),
    "means_12": ("The payment is on its way to your balance.", "Оплата поступает на ваш баланс."),
    "means_13": ("The dispute is being settled.", "Спор рассматривается."),
    "means_14": (
        "The company decides: more time, or the end of the task.",
        "Решает компания: продлить срок или завершить задание.",
    ),
    "means_15": (
        "Nobody decided in time, so this task is closed.",
        "Никто не принял решение вовремя, задание закрыто.",
    ),
    "means_16": ("The company proposes to change this task.", "Компания предлагает изменить задание."),
}
TEXTS: Texts = {
    **STATES,
    "title": ("My work", "Моя работа"),
    "sign_out": ("Sign out", "Выйти"),
    "balances": ("Balance", "Баланс"),
    "tasks": ("Tasks", "Задания"),
    "no_tasks": (
        "No tasks yet. When a company offers you one, it appears here.",
        "Заданий пока нет. Когда компания предложит задание, оно появится здесь.",
    ),
    "older": ("Older tasks", "Более ранние задания"),
    "newest": ("Newest tasks", "Последние задания"),
    "payouts": ("Payouts", "Выплаты"),
    "no_payouts": ("Nothing taken out yet.", "Выплат пока не было."),
    "payout_to": ("to {number}", "на {number}"),
    "payout_1": ("On its way", "В обработке"),
    "payout_2": ("Arrived", "Выполнена"),
    "payout_3": ("Declined", "Отклонена"),
    "payout_5": ("Partly arrived", "Выполнена частично"),
    "payout_10": ("Ordered", "Создана"),
    "not_freelancer_title": ("This page is for freelancers", "Эта страница для фрилансеров"),
    "not_freelancer_text": (
        "You are signed in, but no company has invited you as a freelancer. Companies work through the API.",
        "Вы вошли, но ни одна компания не приглашала вас как фрилансера. Компании работают через API.",
    ),
    "to_docs": ("API documentation", "Документация API"),
    # One task.
    "back": ("All tasks", "Все задания"),
    "company": ("Company", "Компания"),
    "amount": ("You receive", "Вы получите"),
    "deadline": ("Deadline", "Срок"),
    "description": ("What is to be done", "Что нужно сделать"),
    "documents": ("Documents", "Документы"),
    "sign_title": ("Documents to accept first", "Сначала примите документы"),
    "sign_lead": (
        "Open each document, read it and tick it. Your acceptance is recorded with the date and the document itself; "
        "after that you can start.",
        "Откройте каждый документ, прочитайте и отметьте. Ваше согласие записывается вместе с датой и самим "
        "документом; после этого можно начинать.",
    ),
    "sign_read": ("Read: {title}", "Прочитать: {title}"),
    "sign_tick": ("I have read “{title}” and accept it", "Я прочитал(а) «{title}» и принимаю"),
    "sign_untouched": ("Read the document and tick it.", "Прочитайте документ и отметьте его."),
    "sign": ("Accept the documents", "Принять документы"),
    "accepted": ("accepted {day}", "принят {day}"),
    "accepted_for_you": ("accepted for you by {company}, {day}", "за вас принят компанией {company}, {day}"),
    "download": ("Download", "Скачать"),
    "report": ("What have you done?", "Что вы сделали?"),
    "report_hint": ("The company reads this as your report.", "Компания прочтёт это как ваш отчёт."),
    "message_hint": ("A message to the company, if you like.", "Сообщение компании, если хотите."),
    "start": ("Start", "Начать"),
    "decline": ("Decline", "Отклонить"),
    "finish": ("Hand in", "Сдать работу"),
    "confirm": ("Agree to the cancellation", "Согласиться с отменой"),
    # The agreement, when there is a new one.
    "agreement_title": ("There is a new agreement", "Новый договор"),
    "agreement_lead": (
        "Please read and accept it: then you can start tasks.",
        "Прочитайте и примите его: после этого можно начинать задания.",
    ),
    "agreement_accept": ("I have read the agreement and accept it", "Я прочитал(а) договор и принимаю его"),
    "agreement_submit": ("Accept", "Принять"),
    "agreement_waits": (
        "There is a new agreement. Accept it before you start your next task.",
        "Опубликован новый договор. Примите его, прежде чем начать следующее задание.",
    ),
    "agreement_read": ("Read the agreement", "Прочитать договор"),
    "agreement_none": ("Nothing to sign.", "Подписывать нечего."),
    # The start page.
    "home_lead": (
        "Companies and independent specialists agree work here and settle it.",
        "Здесь компании и независимые специалисты договариваются о работе и рассчитываются за неё.",
    ),
    "home_freelancers": ("For freelancers", "Фрилансерам"),
    "home_freelancers_text": (
        "See your tasks, your balance and your payouts. New here? A company sends you an invitation.",
        "Задания, баланс и выплаты. Впервые здесь? Приглашение пришлёт компания.",
    ),
    "home_companies": ("For companies", "Компаниям"),
    "home_companies_text": (
        "Invite people, order and pay work through the API.",
        "Приглашайте людей, заказывайте и оплачивайте работу через API.",
    ),
    "sign_in": ("Sign in", "Войти"),
}
